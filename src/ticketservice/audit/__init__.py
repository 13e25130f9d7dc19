"""What `ticketdomain audit` tells of a ticket: all that ever happened, or how it stood once."""
