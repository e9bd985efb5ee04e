"""The program for people: the service on this machine, films in and reports out, models."""
