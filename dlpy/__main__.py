"""`python -m dlpy`."""

from dlpy.cli.start import run

if __name__ == "__main__":  # processes that train folds import this file too
    run()
