"""Decoding films that may be made to do harm, in processes that may be lost."""
