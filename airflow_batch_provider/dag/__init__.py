"""From plans to DAGs."""
