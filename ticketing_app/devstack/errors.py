class StackError(Exception):
    """What is wrong with the local stack, in a sentence for the person at the terminal."""
