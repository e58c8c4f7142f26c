"""Every use case that a person or a service has, and what keeps the workflows informed."""
