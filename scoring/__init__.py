"""The shop's features as of a date, the points card and its reasons; knows no clock, file, database or screen."""
