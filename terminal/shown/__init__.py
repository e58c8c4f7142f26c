"""How things look in a terminal. Imported by a command once it has something to show."""
