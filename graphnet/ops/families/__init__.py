"""What operators of a kind have in common: bases that derive `infer`, `lower` and `gradient` from less."""
