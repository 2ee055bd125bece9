"""The component package as Pulumi's engine uses it: started as a plugin, asked over gRPC, answered by a monitor."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2_grpc,
)

from sluice.cloud.program.execution import ROOT
from sluice.cloud.program.graph import Graph
from sluice.cloud.program.recording import Recorder

PROJECT, STACK = "sluice", "test"
STACK_URN = f"urn:pulumi:{STACK}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{STACK}"


class Monitor(Recorder):
    """A recorder that is asked by another process, in threads that know no program."""

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Returns the URN of a resource."""
        if parent:
            type_ = f"{parent.split('::')[2].rpartition('$')[2]}${type_}"
        return "::".join([f"urn:pulumi:{STACK}", PROJECT, type_, name])


class _MonitorServicer(resource_pb2_grpc.ResourceMonitorServicer):
    """Hands what is asked over gRPC to a monitor of this process."""


class _EngineServicer(engine_pb2_grpc.EngineServicer):
    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802 the name is Pulumi's
        return empty_pb2.Empty()


@contextmanager
def engine(monitor: Monitor) -> Iterator[str]:
    """Serves a monitor, and takes log messages; gives the address of both."""
    servicer = _MonitorServicer()
    for name in ("GetDeploymentInfo", "Invoke", "RegisterPackage", "RegisterResource", "RegisterResourceOutputs"):
        method = getattr(monitor, name)
        setattr(servicer, name, lambda request, _context, method=method: method(request))
    server = grpc.server(futures.ThreadPoolExecutor(8))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(servicer, server)
    engine_pb2_grpc.add_EngineServicer_to_server(_EngineServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


@contextmanager
def plugin(engine_address: str) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """Starts the package as Pulumi starts a plugin of it."""
    command = [sys.executable, str(ROOT / "package"), engine_address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                yield provider_pb2_grpc.ResourceProviderStub(channel)
        finally:
            process.terminate()


def constructed(
    provider: provider_pb2_grpc.ResourceProviderStub, kind: str, name: str, inputs: dict[str, Any]
) -> tuple[Graph, Any]:
    """Returns what the package registers for a component whose inputs are in wire form, and what it answers."""
    monitor = Monitor("eu-north-1")
    with engine(monitor) as address:
        answer = provider.Construct(
            provider_pb2.ConstructRequest(
                project=PROJECT,
                stack=STACK,
                monitorEndpoint=address,
                type=f"sluice:index:{kind}",
                name=name,
                parent=STACK_URN,
                inputs=asyncio.run(rpc.serialize_properties(inputs, {})),
            )
        )
    return monitor.graph, answer
