"""What the workflows have done for them: the doors to the desk, and the channels."""
