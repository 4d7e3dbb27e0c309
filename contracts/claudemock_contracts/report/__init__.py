"""A run's results in every format: for people, for machines, for continuous integration."""
