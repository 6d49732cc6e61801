//! Who may talk to whom: the one table. NetworkPolicies are made from it and from nothing else.

use crate::names::{Component, port};

/// Somebody who talks or is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// Whoever may reach the platform from outside.
    Clients,
    /// The operator's pods.
    Operator,
    /// Whoever reads metrics.
    Monitoring,
    /// A part of the platform. Where Redis or the object store is somebody else's, it is at its own place and port.
    Component(Component),
    /// Who is called when a photo is given up, if anybody.
    DeadLetterHook,
    /// Whoever knows addresses of names.
    Nameserver,
}

/// One may connect to the other at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Edge {
    /// Who connects.
    pub from: Party,
    /// To whom.
    pub to: Party,
    /// Where, by TCP; a nameserver also by UDP.
    pub port: i32,
}

/// Where nameservers answer.
pub const DNS: i32 = 53;

/// Every edge. What is not here is forbidden.
pub const EDGES: [Edge; 28] = {
    use Component::{Events, Gateway, Metadata, Redis, Store, Worker};
    [
        to(Party::Clients, Gateway, port::API),
        to(Party::Clients, Events, port::EVENTS),
        to(Party::Operator, Metadata, port::STORAGE),
        // It asks each role how it is.
        to(Party::Operator, Metadata, port::PROBE),
        to(Party::Operator, Gateway, port::PROBE),
        to(Party::Operator, Events, port::PROBE),
        to(Party::Monitoring, Metadata, port::PROBE),
        to(Party::Monitoring, Gateway, port::PROBE),
        to(Party::Monitoring, Events, port::PROBE),
        to(Party::Monitoring, Worker, port::PROBE),
        to(Party::Component(Gateway), Metadata, port::STORAGE),
        to(Party::Component(Gateway), Store, port::STORE),
        // Limits that all pods share.
        to(Party::Component(Gateway), Redis, port::REDIS),
        // `/socket.io`, where no ingress routes it.
        to(Party::Component(Gateway), Events, port::EVENTS),
        to(Party::Component(Metadata), Redis, port::REDIS),
        to(Party::Component(Metadata), Store, port::STORE),
        Edge { from: Party::Component(Metadata), to: Party::DeadLetterHook, port: port::HTTPS },
        to(Party::Component(Events), Redis, port::REDIS),
        to(Party::Component(Events), Metadata, port::STORAGE),
        to(Party::Component(Worker), Redis, port::REDIS),
        to(Party::Component(Worker), Store, port::STORE),
        to(Party::Component(Worker), Metadata, port::STORAGE),
        names(Redis),
        names(Store),
        names(Metadata),
        names(Gateway),
        names(Events),
        names(Worker),
    ]
};

const fn to(from: Party, to: Component, port: i32) -> Edge {
    Edge { from, to: Party::Component(to), port }
}

const fn names(from: Component) -> Edge {
    Edge { from: Party::Component(from), to: Party::Nameserver, port: DNS }
}

/// Edges that end at a component.
pub fn into(component: Component) -> impl Iterator<Item = Edge> {
    EDGES.into_iter().filter(move |edge| edge.to == Party::Component(component))
}

/// Edges that begin at a component.
pub fn out_of(component: Component) -> impl Iterator<Item = Edge> {
    EDGES.into_iter().filter(move |edge| edge.from == Party::Component(component))
}
