"""tdv: version control for machine-learning training data, at the level of the example."""
