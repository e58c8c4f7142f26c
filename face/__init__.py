"""What every face over HTTP stands on: its door, who calls, from where they look, refusals."""
