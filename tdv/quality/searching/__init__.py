"""What finds suspicious rows among many: searches in text, and the patterns that they look for."""
