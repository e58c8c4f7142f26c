"""What leaves the house: events in the forms that other programs read, with a statement of what."""
