"""What a ticket is, which changes it takes, and the journal that records every one of them."""
