"""``make bench``: how fast the service is beside what its users would otherwise run.

Five questions, one module each: ``queueing`` (how soon a film is accepted and back), ``reading``
(films per processor second), ``growth`` (with the length of the queue and the size of the film),
``calls`` (what a task asks of AWS) and ``startup`` (how soon a function can work, and how large it
is). Everything that is compared runs in turns within one run, and every figure is a median:
machines are noisy, ratios less so.
"""
