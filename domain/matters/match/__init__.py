"""Match: one need or one offer, and who might meet it."""
