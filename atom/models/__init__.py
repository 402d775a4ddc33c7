"""Language models: who is asked, how, for how long, and what to make of the answer."""
