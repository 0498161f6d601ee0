"""What holds for a dataset: what `tdv.toml` and the command line say, put together and checked."""
