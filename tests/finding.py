"""A desk of one account alone, whose tickets are told apart by their subjects."""

from urllib.parse import urlencode

from running import Answer, Running

LIST = "/v1/tickets"


class Desk:
    """A desk of one account alone, whose tickets are told apart by their subjects."""

    def __init__(self, desk: Running, account: str) -> None:
        self.desk = desk
        self.account = account
        self.agent = desk.client(account=account)

    def open(self, subject: str, **fields: object) -> str:
        return self.agent.open(subject=subject, **fields)

    def ask(self, **asked: object) -> Answer:
        return self.agent.get(f"{LIST}?{urlencode(asked, doseq=True)}")

    def found(self, **asked: object) -> str:
        """Give the subjects of a page, in alphabetical order unless it is asked for another."""
        answer = self.ask(**asked)
        assert answer.status == 200, answer.body
        subjects = [item["subject"] for item in answer.json["items"]]
        return " ".join(subjects if "sort" in asked else sorted(subjects))
