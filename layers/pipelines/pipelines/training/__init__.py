"""What the training of all task types shares."""
