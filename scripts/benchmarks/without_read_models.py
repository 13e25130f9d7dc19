"""The service as it would be without read models, to measure what they cost."""

import ticketservice.service
from ticketprojections.views.runner import Runner
from ticketservice.cli import main


class NoRunner(Runner):
    """Follows nothing."""

    def start(self) -> None:
        pass


ticketservice.service.__dict__["Runner"] = NoRunner

if __name__ == "__main__":
    main()
