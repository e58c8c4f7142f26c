"""Campaign: a list of enterprises, and what each of them must get or give."""
