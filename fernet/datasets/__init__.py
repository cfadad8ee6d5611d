"""Data sets: loaders of real ones, drawn ones, and a check of what is in them."""

from fernet.datasets.audit import AuditReport, audit
from fernet.datasets.cifar10 import load_cifar10
from fernet.datasets.fer2013 import load_fer2013
from fernet.datasets.folder_images import FolderImages
from fernet.datasets.groups import groups_from_names
from fernet.datasets.image_folder import load_image_folder
from fernet.datasets.image_list import load_image_list
from fernet.datasets.parquet import load_parquet
from fernet.datasets.synthetic import make_faces
from fernet.emotions import EMOTIONS

__all__ = [
    "EMOTIONS",
    "AuditReport",
    "FolderImages",
    "audit",
    "groups_from_names",
    "load_cifar10",
    "load_fer2013",
    "load_image_folder",
    "load_image_list",
    "load_parquet",
    "make_faces",
]
__dir__ = __all__.copy
