export { sallyportApplicationId as sallyportApplication } from '@sallyport/contracts/conditional-access';
