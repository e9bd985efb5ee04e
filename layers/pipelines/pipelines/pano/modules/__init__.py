"""What is read on a panoramic, one folder for each module."""
