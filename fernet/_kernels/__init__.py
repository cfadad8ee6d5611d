from fernet._kernels.reference import *
