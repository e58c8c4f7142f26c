"""What is printed: the ledger of a zone and its reports, as a workbook, a PDF, or a picture."""
