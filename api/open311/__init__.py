"""Open311 GeoReport v2: the same issues as service requests, for programs that speak that."""
