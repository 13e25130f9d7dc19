"""Read models: pure folds over what the journal has recorded."""
