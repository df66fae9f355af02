class RefusedError(Exception):
    """The file is not accepted; `code` is a key of `results.SENTENCES`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
