"""Presentation: the only code that prints, prompts, exits or reads the environment."""
