"""The only code that speaks AWS or HTTP; foreign errors end here."""
