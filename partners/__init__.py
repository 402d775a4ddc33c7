"""The zoo of partners."""
