"""What is stored: frozen values and their bytes. No input or output."""
