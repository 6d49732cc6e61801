// Tells browsers over Socket.IO what becomes of their photos: what BullMQ says of a job goes to the room of its photo, and
// of its owner.
import { createServer } from 'node:http';

import { QueueEvents } from 'bullmq';
import { Server } from 'socket.io';

import { ownerOf, photoOf } from './database.mjs';
import { connection, port, prefix, queues, ready } from './settings.mjs';
import { userOf } from './tokens.mjs';

const server = createServer();
const io = new Server(server, { serveClient: false, perMessageDeflate: false });

io.use((socket, next) => {
  socket.data.user = userOf(socket.handshake.auth?.token);
  next(socket.data.user === undefined ? new Error('no valid token') : undefined);
});

io.on('connection', (socket) => {
  socket.on('subscribe:user', () => {
    socket.join(`user:${socket.data.user}`);
    socket.emit('subscribed', { room: 'user' });
  });
  socket.on('subscribe:photo', ({ photoId } = {}) => {
    if (photoOf(photoId, socket.data.user)) {
      socket.join(`photo:${photoId}`);
      socket.emit('subscribed', { photoId });
    }
  });
});

function tell(photoId, type, data) {
  const event = { type, photoId, time: new Date().toISOString(), data };
  io.to([`photo:${photoId}`, `user:${ownerOf(photoId)}`]).emit(type, event);
}

const all = queues.map((name) => {
  const events = new QueueEvents(name, { connection, prefix });
  events.on('active', ({ jobId }) => tell(jobId, 'photo.processing.started', {}));
  events.on('completed', ({ jobId, returnvalue: { variants } }) => tell(jobId, 'photo.processing.completed', { variants }));
  events.on('failed', ({ jobId, failedReason }) => tell(jobId, 'photo.processing.failed', { reason: failedReason }));
  return events.waitUntilReady();
});
await Promise.all(all);
server.listen(port, '127.0.0.1', ready);
