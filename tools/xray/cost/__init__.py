"""What a film costs on AWS, and what it would cost otherwise."""
