// Files to and from the server, beside the WebSocket.

import type { Attachment, UploadWish } from './protocol';

export interface Place {
  // Where the server is, with a slash at the end.
  base: string;
  conversation: string;
  token: string;
}

export type Refusal = 'too_big' | 'wrong_type' | 'upload_failed';

// Whether the server would take the file, as far as can be told here.
export function refusal(file: { size: number; type: string }, wish: UploadWish): Refusal | null {
  if (file.size > wish.max_bytes) return 'too_big';
  const type = file.type.toLowerCase();
  const fits = (accept: string) =>
    accept === '*/*' || accept === type || (accept.endsWith('/*') && type.startsWith(accept.slice(0, -1)));
  if (!type || wish.accept.length === 0) return null;
  return wish.accept.some((accept) => fits(accept.toLowerCase())) ? null : 'wrong_type';
}

function address(place: Place, upload = ''): string {
  const path = upload ? `v1/uploads/${encodeURIComponent(upload)}` : 'v1/uploads';
  return `${place.base}${path}?conversation=${encodeURIComponent(place.conversation)}`;
}

// XMLHttpRequest, as fetch() tells nothing of the progress. Rejects with a Refusal.
export function upload(place: Place, file: File, progress: (part: number) => void): Promise<Attachment> {
  return new Promise((resolve, reject: (why: Refusal) => void) => {
    const request = new XMLHttpRequest();
    request.open('POST', address(place));
    request.setRequestHeader('Authorization', `Bearer ${place.token}`);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('X-Filename', encodeURIComponent(file.name));
    request.timeout = 300_000;
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onloadend = () => {
      if (request.status === 413) return reject('too_big');
      if (request.status === 415) return reject('wrong_type');
      try {
        const made = JSON.parse(request.responseText) as Attachment;
        if (request.status !== 201 || typeof made.upload !== 'string') throw new Error();
        resolve({ upload: made.upload, name: file.name, size: file.size, media_type: file.type });
      } catch {
        reject('upload_failed');
      }
    };
    request.send(file);
  });
}

// Saves a file of the conversation on the customer's device.
export async function download(place: Place, attachment: Attachment): Promise<void> {
  const answer = await fetch(address(place, attachment.upload), {
    headers: { Authorization: `Bearer ${place.token}` },
  });
  if (!answer.ok) return;
  const url = URL.createObjectURL(await answer.blob());
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = attachment.name ?? attachment.upload;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
