"""`python -m ticketservice` is the program `ticketdomain`."""

from ticketservice.cli import main

main()
