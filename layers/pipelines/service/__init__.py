"""What the functions share: knows tasks, queues and callbacks, and knows no tooth.

``task`` · ``messages`` · ``errors`` say what things are; ``ports`` what the outside must offer;
``submit`` · ``infer`` · ``deliver`` · ``recover`` · ``status`` · ``health`` are the use cases;
``adapters`` speak AWS and HTTP; ``bootstrap`` is the one place where they meet.
"""

__version__ = "0.1.0"
