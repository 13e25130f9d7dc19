"""Read models in a file of their own: how they are filled, kept up to date, and built anew."""
