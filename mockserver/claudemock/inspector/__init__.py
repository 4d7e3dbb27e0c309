"""The web page at /_mock/."""
