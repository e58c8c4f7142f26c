"""The durable part: one workflow for each issue, and what keeps house around them."""
