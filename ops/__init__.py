"""How the product is run: who may see what (`policy`), what happened (`ledger`), what is under way (`jobs`)."""
