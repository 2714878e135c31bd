"""The desk's acts: what is done with the record by a press of a button or a command, the same from both."""
