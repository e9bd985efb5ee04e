"""List prices, in one place: US East (N. Virginia), US dollars, without free tiers or discounts.

Read again before you decide on them: a price is as good as its date.
"""

from dataclasses import dataclass

READ_ON = "2026-11-22"


@dataclass(frozen=True)
class Price:
    """What one unit costs.

    Attributes:
        usd: Dollars for one unit.
        unit: What is counted.
        page: The page of AWS that lists it.
        confirmed: Whether it was looked up on that date; otherwise it is assumed to be as it was.
    """

    usd: float
    unit: str
    page: str
    confirmed: bool = True


_LAMBDA = "aws.amazon.com/lambda/pricing"
_S3 = "aws.amazon.com/s3/pricing"
_DYNAMODB = "aws.amazon.com/dynamodb/pricing/on-demand"
_CLOUDWATCH = "aws.amazon.com/cloudwatch/pricing"

PRICES = {
    "api request": Price(3.50e-6, "request to a REST API", "aws.amazon.com/api-gateway/pricing"),
    "function request": Price(0.20e-6, "invocation", _LAMBDA),
    "function second": Price(0.0000166667, "GB-second, x86", _LAMBDA),
    "managed instances": Price(0.15, "of the instance's price on top", _LAMBDA),
    "put": Price(0.005e-3, "PUT, COPY or POST", _S3),
    "get": Price(0.0004e-3, "GET", _S3),
    "storage": Price(0.023, "GB and month", _S3),
    "write unit": Price(0.625e-6, "write request unit", _DYNAMODB),
    "read unit": Price(0.125e-6, "read request unit", _DYNAMODB),
    "message": Price(0.40e-6, "request", "aws.amazon.com/sqs/pricing"),
    "key": Price(1.00, "key and month", "aws.amazon.com/kms/pricing"),
    "key request": Price(0.03e-4, "request", "aws.amazon.com/kms/pricing"),
    "traffic out": Price(0.09, "GB to the internet", "aws.amazon.com/ec2/pricing/on-demand"),
    "gateway hour": Price(0.045, "hour of a NAT gateway", "aws.amazon.com/vpc/pricing"),
    "gpu hour": Price(0.526, "hour of g4dn.xlarge", "aws.amazon.com/ec2/pricing/on-demand"),
    "sagemaker hour": Price(0.736, "hour of ml.g4dn.xlarge", "aws.amazon.com/sagemaker/ai/pricing"),
    "log": Price(0.50, "GB taken in", _CLOUDWATCH, confirmed=False),
    "metric": Price(0.30, "metric and month", _CLOUDWATCH, confirmed=False),
    "alarm": Price(0.10, "alarm and month", _CLOUDWATCH, confirmed=False),
    "trace": Price(5.0e-6, "trace", "aws.amazon.com/xray/pricing", confirmed=False),
    "disk": Price(0.08, "GB and month of gp3", "aws.amazon.com/ebs/pricing", confirmed=False),
}


def usd(name: str, count: float = 1) -> float:
    """What so many units cost.

    Args:
        name: A key of ``PRICES``.
        count: How many.
    """
    return PRICES[name].usd * count
