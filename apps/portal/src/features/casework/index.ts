export { Comments, type ShownComment } from './Comments.tsx';
export { CommentText } from './CommentText.tsx';
export { isOpen, Tasks } from './Tasks.tsx';
export { tasksQuery } from './queries.ts';
