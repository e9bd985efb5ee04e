"""The embedded local cloud: the project's own ``template.yaml``, whole on one machine.

No Docker, no AWS account: an emulator runs the queues, tables, buckets, the gateway and the zip
functions; container functions run from their own handler in processes of this machine.
"""

from xray.cloud.errors import CloudError
from xray.cloud.local import CloudSettings, LocalCloud

__all__ = ["CloudError", "CloudSettings", "LocalCloud"]
