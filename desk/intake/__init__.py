"""Reports that come as a table: read, judged row by row, taken in or only tried."""
