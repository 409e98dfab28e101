import gc

from config.celery import app as celery_app

__all__ = ["celery_app"]

# Payloads and rows are trees, freed by their reference counts; searching for cycles after every 700 objects, the
# default, took a fifth of the time that building the tables of a client takes.
gc.set_threshold(50_000, 20, 20)
