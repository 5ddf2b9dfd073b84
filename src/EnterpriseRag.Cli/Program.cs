Console.Error.WriteLine("rag");
return 0;
