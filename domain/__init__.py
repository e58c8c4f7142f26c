"""What an issue is and how it may change: pure, given the time, the terms and the actor."""
