"""What can happen to a ticket at a support desk, as a support lead would tell it."""

from collections.abc import Callable
from typing import TypeAlias

from ticketservice.demo.cases import texts
from ticketservice.demo.plot import Plot

Story: TypeAlias = Callable[[Plot], None]


def solved_at_once(plot: Plot) -> None:
    plot.open()
    plot.take((0.05, 0.6))
    plot.agent_says(plot.case.solution, (0.2, 1.5))
    _resolve(plot)
    _close(plot)


def solved_after_a_question(plot: Plot) -> None:
    plot.open()
    plot.take((0.05, 0.8))
    _ask(plot)
    plot.customer_says(plot.case.answer, (1, 14))
    plot.agent_updates(internal_note=plot.case.note, hours=(0.05, 0.4))
    plot.agent_says(plot.case.solution, (0.1, 0.8))
    _resolve(plot)
    _close(plot)


def reopened(plot: Plot) -> None:
    plot.open()
    plot.take((0.1, 0.9))
    plot.agent_says(plot.case.solution, (0.3, 2))
    _resolve(plot)
    plot.customer_says(plot.case.again, (20, 60))
    plot.agent_updates("in work", (0.2, 0.9), add_tags=("reopened",))
    plot.agent_updates(internal_note=plot.case.note)
    plot.agent_says(f"I am sorry that it is not settled yet. {plot.case.solution}", (0.3, 2))
    _resolve(plot)
    _close(plot)


def escalated(plot: Plot) -> None:
    """Nobody answers in time, the customer insists, and somebody else takes it over."""
    plot.open()
    plot.customer_says("Is anybody there? It has been quite a while.", (12, 26))
    plot.agent_updates(
        hours=(3, 9),
        priority=max(plot.priority - 1, 1),
        add_tags=("escalated",),
        internal_note="Overlooked in the queue over shift change. Raised, please answer today.",
    )
    plot.take()
    plot.agent_says("please excuse the delay, I am looking into it right now.", (0.1, 0.5))
    plot.hand_over(texts().people.agents)
    plot.agent_updates(internal_note=plot.case.note, hours=(1, 6))
    plot.agent_says(plot.case.solution, (8, 30))
    _resolve(plot)
    _close(plot)


def waited_for_others(plot: Plot) -> None:
    """The carrier, the manufacturer, or a colleague has to do something first."""
    plot.open()
    plot.take((0.05, 0.7))
    plot.agent_says("I have asked our partners and will come back to you.", (0.1, 0.5))
    plot.agent_updates("on hold", internal_note=plot.case.note, add_tags=("waiting-for-partner",))
    plot.agent_updates("in work", (16, 50), remove_tags=("waiting-for-partner",))
    plot.agent_says(plot.case.solution, (0.2, 2))
    _resolve(plot)
    _close(plot)


def answered_late(plot: Plot) -> None:
    """The first answer comes in time, the next one does not."""
    plot.open()
    plot.take((0.05, 0.5))
    _ask(plot)
    plot.customer_says(plot.case.answer, (0.5, 3))
    plot.agent_says(f"Thank you for your patience. {plot.case.solution}", (15, 40))
    _resolve(plot)
    _close(plot)


def closed_as_spam(plot: Plot) -> None:
    plot.open()
    plot.agent_updates("closed", (0.1, 2), add_tags=("duplicate",), priority=4)


def fresh(plot: Plot) -> None:
    plot.begin_ago(minutes=plot.rng.uniform(2, 50))
    plot.open()


def in_work(plot: Plot) -> None:
    plot.begin_ago(hours=plot.rng.uniform(3, 8))
    plot.open()
    _answer_by_now(plot)


def waiting_for_the_customer(plot: Plot) -> None:
    plot.begin_ago(days=plot.rng.uniform(3, 6))
    plot.open()
    plot.take()
    _ask(plot)


def nearly_late_with_the_first_answer(plot: Plot) -> None:
    plot.begin_due("first_response", plot.rng.uniform(8, 50))
    plot.open()


def nearly_late_with_the_next_answer(plot: Plot) -> None:
    _ask_again(plot, plot.rng.uniform(8, 50))


def late_with_the_next_answer(plot: Plot) -> None:
    _ask_again(plot, -60 * plot.rng.uniform(0.5, 12))


def nearly_late_with_the_solution(plot: Plot) -> None:
    plot.begin_due("resolution", plot.rng.uniform(8, 50))
    plot.open()
    _answer_by_now(plot)
    plot.agent_updates(internal_note=plot.case.note)


def overdue(plot: Plot) -> None:
    plot.begin_due("resolution", -60 * plot.rng.uniform(2, 30))
    plot.open()
    _answer_by_now(plot)


def unanswered(plot: Plot) -> None:
    plot.begin_due("first_response", -60 * plot.rng.uniform(0.5, 12))
    plot.open()


# How many of each; all but those that are about the present begin some time in the three months.
PAST: dict[Story, int] = {
    solved_at_once: 42,
    solved_after_a_question: 32,
    reopened: 12,
    escalated: 12,
    waited_for_others: 12,
    answered_late: 8,
    closed_as_spam: 4,
}
PRESENT: dict[Story, int] = {
    fresh: 4,
    in_work: 5,
    waiting_for_the_customer: 5,
    nearly_late_with_the_first_answer: 2,
    nearly_late_with_the_next_answer: 2,
    late_with_the_next_answer: 2,
    nearly_late_with_the_solution: 3,
    overdue: 3,
    unanswered: 2,
}


def _ask(plot: Plot) -> None:
    plot.agent_says(plot.case.question, (0.1, 0.8))
    plot.agent_updates("asked")


def _answer_by_now(plot: Plot) -> None:
    """Somebody is on duty whatever the hour, so that the present is the same at any."""
    plot.after(minutes=plot.rng.uniform(5, 15))
    plot.take((0, 0))
    plot.after(minutes=plot.rng.uniform(2, 10))
    plot.agent_says("thank you for writing to us, I am on it.", (0, 0))


def _ask_again(plot: Plot, minutes: float) -> None:
    """The customer's last word is to be answered so many minutes from now."""
    plot.begin_due("next_response", minutes)
    asked_again = plot.at
    plot.after(minutes=-plot.rng.uniform(40, 55))
    plot.open()
    _answer_by_now(plot)
    plot.at = asked_again
    plot.customer_says(plot.case.answer, (0, 0))


def _resolve(plot: Plot) -> None:
    plot.agent_updates("resolved", custom_fields=plot.case.done)


def _close(plot: Plot) -> None:
    """Nobody has said anything more for some days."""
    plot.after(days=plot.rng.uniform(5, 9))
    plot.agent_updates("closed")
